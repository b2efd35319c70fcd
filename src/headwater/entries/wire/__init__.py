"""What every entry encodes alike: results as plain JSON, errors as facts."""
