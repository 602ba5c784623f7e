mount --bind stage/src stage/view
echo two > stage/src/f
