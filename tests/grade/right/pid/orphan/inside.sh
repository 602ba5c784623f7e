inner=$(awk '/^NSpid:/ { print $NF }' /proc/$mid/status)
nsenter --target $init --pid sh -c "kill -TERM $inner"
