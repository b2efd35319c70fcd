"""What the inside needs from the outside, as Protocols; an adapter's file has its port's name."""
