"""What every test run says about itself."""

import mixclust


def pytest_report_header():
    """Print what was tested: the version, where it was installed, and what it runs on."""
    config = mixclust.show_config(mode="dicts")
    level, threads = config["instructions"], config["threads"]
    return (
        f"mixclust: {config['mixclust']} from {mixclust.__path__[0]}, "
        f"instructions {level['level']} ({level['reason']}), "
        f"threads {threads['count']} ({threads['reason']})"
    )
