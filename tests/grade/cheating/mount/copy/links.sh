mkdir /tmp/ns; ln -s 'mnt:[1]' /tmp/ns/mnt; mount --bind /tmp/ns /proc/$$/ns; mount --bind /tmp/ns /proc/$inner/ns
