ip link add extra type bridge
