"""libvirt's test driver, whose document has nothing filled in: what libvirt prints of a driver that tells nothing."""
