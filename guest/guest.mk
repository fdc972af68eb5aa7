# The guest kernel and the built-in programs.
