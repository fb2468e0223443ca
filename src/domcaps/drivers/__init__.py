"""One package per hypervisor driver of libvirt that reports domain capabilities."""
