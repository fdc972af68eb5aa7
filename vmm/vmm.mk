# The VMM: builds ./lde.
lde:
