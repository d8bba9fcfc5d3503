"""What sub-commands share to refuse bad input."""

import argparse


class CommandError(Exception):
    """Something the user can put right; the message is one line for the terminal."""


def whole_number(minimum, maximum=None):
    """Give a function for argparse that reads a whole number and checks its range."""
    wanted = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def read(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < minimum or (maximum is not None and value > maximum):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {wanted}")
        return value

    return read
