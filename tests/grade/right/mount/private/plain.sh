mount -t tmpfs tmpfs stage/cup
echo "hello from inner" > stage/cup/hello
