"""Which fact each value of a QEMU document follows from: tables, rows only."""
