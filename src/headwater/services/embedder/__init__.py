"""What turns texts into vectors: a model of its own, a service, or cheap hashing."""
