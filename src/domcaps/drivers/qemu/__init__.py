"""libvirt's QEMU driver: ask an emulator over QMP, make facts of the answers, derive by rules."""
