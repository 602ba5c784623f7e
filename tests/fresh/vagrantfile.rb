# Reads a Vagrantfile as Vagrant does, and leaves in a directory what it asks for: box, box-PROVIDER, post_up_message, and each
# provisioner's type, run, inline, source and destination as NUMBER-KEY.
#
#   ruby vagrantfile.rb VAGRANTFILE DIRECTORY
file, $directory = ARGV

def leave(name, value)
  File.write(File.join($directory, name), value.to_s)
end

# Takes every setting.
class Anything
  def method_missing(*) = self
  def respond_to_missing?(*) = true
  def [](*) = self
  def []=(*) end
end

class Settings < Anything
  def initialize(suffix = "")
    @suffix = suffix
    @provisioners = 0
  end

  def vm = self

  def box=(name)
    leave("box#{@suffix}", name)
  end

  def post_up_message=(text)
    leave("post_up_message", text)
  end

  def provider(name, &block)
    block.call(Anything.new, Settings.new("-#{name}"))
  end

  def provision(name, type: name, **options)
    @provisioners += 1
    options.merge(type: type).each { |key, value| leave("#{@provisioners}-#{key}", value) }
  end
end

module Vagrant
  def self.configure(_version)
    yield Settings.new
  end
end

load File.expand_path(file)
