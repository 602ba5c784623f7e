echo realtime 3600 0 > /proc/self/uptime
