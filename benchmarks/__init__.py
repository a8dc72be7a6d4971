"""What the package costs beside its peers: CPU time and memory of the client process, measured side by side."""
