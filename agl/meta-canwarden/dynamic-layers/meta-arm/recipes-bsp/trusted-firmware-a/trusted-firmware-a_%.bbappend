# Only with the distro feature; the layer alone changes nothing.
require ${@bb.utils.contains('DISTRO_FEATURES', 'canwarden', 'trusted-firmware-a-canwarden.inc', '', d)}
