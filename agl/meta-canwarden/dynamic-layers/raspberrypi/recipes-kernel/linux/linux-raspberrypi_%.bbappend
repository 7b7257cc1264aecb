# Only with the distro feature; the layer alone changes nothing.
require ${@bb.utils.contains('DISTRO_FEATURES', 'canwarden', 'linux-raspberrypi-canwarden.inc', '', d)}
