"""Pure mathematics over windows, samples and rules; it reads and writes nothing."""
