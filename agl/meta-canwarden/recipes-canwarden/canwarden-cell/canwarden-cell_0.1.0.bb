SUMMARY = "CAN guard: a Jailhouse cell that owns the MCP2515 and answers urgent frames"
DESCRIPTION = "The cell's image, the two cell configurations, a rule table, the helper \
'canwarden' and the unit that starts the cell. The image is shipped as it was tested on the emulated \
board; nothing is compiled here."

require recipes-canwarden/canwarden.inc

inherit systemd deploy

# The format of the cell files: 13 for the Jailhouse that meta-agl-jailhouse pins, 14 for master.
CANWARDEN_JAILHOUSE_REVISION ?= "13"

SYSTEMD_SERVICE:${PN} = "canwarden-cell.service canwarden-can.service"

PACKAGE_ARCH = "${MACHINE_ARCH}"
INHIBIT_DEFAULT_DEPS = "1"
do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${datadir}/jailhouse/inmates ${D}${datadir}/jailhouse/cells
    install -m 0644 ${S}/cell/canwarden.bin ${D}${datadir}/jailhouse/inmates/
    install -m 0644 ${S}/cell/canwarden-selftest.bin ${D}${datadir}/jailhouse/inmates/
    install -m 0644 ${S}/cells/revision-${CANWARDEN_JAILHOUSE_REVISION}/${CANWARDEN_ROLE}/rpi4-root.cell ${D}${datadir}/jailhouse/cells/
    install -m 0644 ${S}/cells/revision-${CANWARDEN_JAILHOUSE_REVISION}/${CANWARDEN_ROLE}/rpi4-canwarden.cell ${D}${datadir}/jailhouse/cells/
    install -m 0644 ${S}/cells/revision-${CANWARDEN_JAILHOUSE_REVISION}/${CANWARDEN_ROLE}/rpi4-canwarden-wfi.cell ${D}${datadir}/jailhouse/cells/

    install -d ${D}${nonarch_base_libdir}/firmware/canwarden
    install -m 0644 ${S}/rules/rules.bin ${D}${nonarch_base_libdir}/firmware/canwarden/
    # A second copy: 'canwarden rules load' replaces the first, and deploy compares with this one.
    install -d ${D}${datadir}/canwarden
    install -m 0644 ${S}/rules/rules.bin ${D}${datadir}/canwarden/

    install -d ${D}${bindir} ${D}${nonarch_libdir}/canwarden
    install -m 0755 ${S}/board/canwarden ${D}${bindir}/
    install -m 0644 ${S}/board/lib/*.sh ${D}${nonarch_libdir}/canwarden/
    install -m 0644 ${S}/board/lib/status-numbers.txt ${D}${nonarch_libdir}/canwarden/
    install -m 0644 ${S}/board/lib/self-test.txt ${D}${nonarch_libdir}/canwarden/
    install -m 0644 ${S}/board/lib/promises.txt ${D}${nonarch_libdir}/canwarden/
    install -m 0644 ${S}/board/lib/board-model.json ${D}${nonarch_libdir}/canwarden/

    install -d ${D}${sysconfdir}/default
    install -m 0644 ${S}/board/default ${D}${sysconfdir}/default/canwarden

    install -d ${D}${docdir}/canwarden
    install -m 0644 ${S}/docs/board-commands.md ${D}${docdir}/canwarden/
    install -m 0644 ${S}/docs/settings.md ${D}${docdir}/canwarden/
    install -m 0644 ${S}/docs/self-test.md ${D}${docdir}/canwarden/

    if ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'true', 'false', d)}; then
        install -d ${D}${systemd_system_unitdir}
        install -m 0644 ${S}/board/systemd/canwarden-cell.service ${D}${systemd_system_unitdir}/
        install -m 0644 ${S}/board/systemd/canwarden-can.service ${D}${systemd_system_unitdir}/
    fi
}

# For the boot partition: reserves the memory, and takes SPI0 from Linux.
do_deploy() {
    install -m 0644 ${S}/boot/canwarden.dtbo ${DEPLOYDIR}/
}
addtask deploy after do_install before do_build

# The units name these pages, so they must not go into a documentation package that an image leaves out.
FILES:${PN}-doc = ""
FILES:${PN} += " \
    ${docdir}/canwarden \
    ${datadir}/jailhouse \
    ${datadir}/canwarden \
    ${nonarch_base_libdir}/firmware/canwarden \
    ${nonarch_libdir}/canwarden \
"
CONFFILES:${PN} = " \
    ${sysconfdir}/default/canwarden \
    ${nonarch_base_libdir}/firmware/canwarden/rules.bin \
"
CANWARDEN_JAILHOUSE ?= ""
RDEPENDS:${PN} = "${CANWARDEN_JAILHOUSE}"

python () {
    if not d.getVar('CANWARDEN_JAILHOUSE').strip():
        raise bb.parse.SkipRecipe('no layer here is known to bring Jailhouse. Next: set CANWARDEN_JAILHOUSE '
            'to the package that does (docs/agl.md, "What the image must have")')
}
