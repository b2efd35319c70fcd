"""An estate in memory: simple, and obviously correct."""
