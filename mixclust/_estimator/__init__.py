"""The parts that all estimators share: parameters, tags, output containers, persistence."""
