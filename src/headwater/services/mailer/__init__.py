"""Those who carry our mail away, one a file; none decides what is sent."""
