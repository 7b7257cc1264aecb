# config.txt for the guard: the lines that `npm run deploy` writes too. Lines of other layers that say
# otherwise are taken out: mcp2515-can0 (from meta-agl-jailhouse) would bind Linux to the chip, and its
# two jailhouse-memory lines contradict each other.
do_deploy:append:raspberrypi4-64() {
    config=${DEPLOYDIR}/${@d.getVar('BOOTFILES_DIR_NAME') or 'bcm2835-bootfiles'}/config.txt

    sed -i \
        -e '/^dtoverlay=mcp251/d' \
        -e '/^dtoverlay=spi0-/d' \
        -e '/^dtparam=spi=/d' \
        -e '/^dtparam=spi$/d' \
        -e '/^dtoverlay=jailhouse-memory/d' \
        -e '/^arm_64bit=/d' \
        -e '/^enable_gic=/d' \
        -e '/^armstub=/d' \
        -e '/^enable_uart=/d' \
        -e '/^core_freq=/d' \
        -e '/^core_freq_min=/d' \
        -e '/^hdmi_enable_4kp60=/d' \
        -e '/^force_turbo=/d' \
        $config

    cat >> $config <<END
[all]
[pi4]
arm_64bit=1
enable_gic=1
armstub=bl31.bin
enable_uart=1
core_freq=500
core_freq_min=500
hdmi_enable_4kp60=0
force_turbo=1
gpio=8-11=a0
gpio=25=ip,pu
dtoverlay=canwarden
dtoverlay=
[all]
END
}
