"""libvirt's bhyve driver."""
