"""HTTP: decode, await one method of the app, encode."""
