right# exec unshare -n bash
left# ip link; exec unshare -n bash
