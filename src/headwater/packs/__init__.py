"""The tools we ship, made with the same decorator as anyone's."""
