"""libvirt's Xen (libxl) driver."""
