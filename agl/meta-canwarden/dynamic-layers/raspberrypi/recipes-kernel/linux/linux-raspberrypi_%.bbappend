# uio_ivshmem and virtio over ivshmem are patches of the Jailhouse kernels (meta-agl-jailhouse brings
# one); in another kernel the line CONFIG_UIO_IVSHMEM has no effect and the bridge finds no device.
FILESEXTRAPATHS:prepend := "${THISDIR}/files:"

SRC_URI += "file://canwarden.cfg"
