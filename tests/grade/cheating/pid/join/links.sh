mount --bind /proc/$boss/ns /proc/$$/ns
mount --bind /proc/$boss /proc/$door
