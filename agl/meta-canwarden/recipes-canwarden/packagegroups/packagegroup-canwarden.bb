SUMMARY = "CAN guard: cell, bridge, and the tools to watch it"
LICENSE = "MIT"

# canwarden-cell is for one machine.
PACKAGE_ARCH = "${MACHINE_ARCH}"

inherit packagegroup features_check

REQUIRED_DISTRO_FEATURES = "systemd canwarden"

RDEPENDS:${PN} = " \
    canwarden-cell \
    canwarden-bridge \
    can-utils \
"
