"""The edge to this host: CPU, KVM, VFIO, swtpm, looked at under a root folder that tests can choose."""
