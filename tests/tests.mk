# Tests: filled in by the parts under tests/.
