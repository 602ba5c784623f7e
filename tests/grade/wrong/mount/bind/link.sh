rmdir stage/view; ln -s src stage/view
echo two > stage/src/f
