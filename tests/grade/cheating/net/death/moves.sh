ip link set to-right netns 1; ip link set to-right netns $PPID
ip link set to-right name gone
