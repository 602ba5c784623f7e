ip link set plug netns $guest
