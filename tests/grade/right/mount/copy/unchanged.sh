unshare -m --propagation unchanged sh
