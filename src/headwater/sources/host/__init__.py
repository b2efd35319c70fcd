"""Read the machine we run on: processes, sockets, file systems, interfaces, packages."""
