echo "written by root, it says" > royal
