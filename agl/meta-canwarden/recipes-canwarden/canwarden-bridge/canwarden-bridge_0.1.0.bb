SUMMARY = "CAN guard: carries frames between the cell's shared memory and SocketCAN"
DESCRIPTION = "Compiled here from the C sources of the release; the generated part among them comes \
from the same module that was tested on the emulated board."

require recipes-canwarden/canwarden.inc

inherit systemd useradd

SYSTEMD_SERVICE:${PN} = "canwarden-bridge.service"

USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --user-group --no-create-home --home-dir / --shell /sbin/nologin canwarden"

do_configure[noexec] = "1"

do_compile() {
    OUTPUT=${B}/canwarden-bridge sh ${S}/bridge/build.sh
}

do_install() {
    install -d ${D}${bindir}
    install -m 0755 ${B}/canwarden-bridge ${D}${bindir}/

    install -d ${D}${nonarch_base_libdir}/udev/rules.d
    install -m 0644 ${S}/board/systemd/60-canwarden.rules ${D}${nonarch_base_libdir}/udev/rules.d/

    if ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'true', 'false', d)}; then
        install -d ${D}${systemd_system_unitdir} ${D}${nonarch_libdir}/systemd/network
        install -m 0644 ${S}/board/systemd/canwarden-bridge.service ${D}${systemd_system_unitdir}/
        # In the role device the CAN interface is the kernel's own.
        if [ "${CANWARDEN_ROLE}" = driver ]; then
            install -m 0644 ${S}/board/systemd/25-canwarden.netdev ${D}${nonarch_libdir}/systemd/network/
            install -m 0644 ${S}/board/systemd/25-canwarden.network ${D}${nonarch_libdir}/systemd/network/
        fi
    fi
}

FILES:${PN} += " \
    ${nonarch_base_libdir}/udev/rules.d \
    ${nonarch_libdir}/systemd/network \
"
RDEPENDS:${PN} = "canwarden-cell"
RRECOMMENDS:${PN} = " \
    kernel-module-can-raw \
    kernel-module-uio-ivshmem \
    ${@'kernel-module-virtio-ivshmem kernel-module-virtio-can' if d.getVar('CANWARDEN_ROLE') == 'device' else 'kernel-module-vcan'} \
"
