for f in /proc/$keeper/fd/*; do [[ $(readlink $f) == uts:* ]] && fd=$f; done
kill -9 $box
nsenter --uts=$fd
