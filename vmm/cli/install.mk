# Installs the executable and its man pages; DESTDIR is for packagers.

BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
MAN_PAGES := $(sort $(wildcard docs/man/*.1))

.PHONY: install uninstall
install: lde
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1
	install -m 755 lde $(DESTDIR)$(BINDIR)/lde
	install -m 644 $(MAN_PAGES) $(DESTDIR)$(MANDIR)/man1

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/lde
	rm -f $(patsubst docs/man/%,$(DESTDIR)$(MANDIR)/man1/%,$(MAN_PAGES))
