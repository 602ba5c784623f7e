yes bird & yes bird &
cat /dev/zero &
