# the right one first
right# ip link show lo
left# ip link set lo up
right# ip link set lo up; exit
right# ip address show lo
