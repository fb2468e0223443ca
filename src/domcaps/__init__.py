"""What a hypervisor host can do, as libvirt's domain capabilities document, without libvirt."""

__version__ = "0.1.0"
