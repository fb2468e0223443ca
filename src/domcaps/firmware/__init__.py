"""Firmware descriptors (QEMU's docs/interop/firmware.json): search, masking, matching."""
