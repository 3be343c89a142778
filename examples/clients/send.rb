# Sends one event: ruby send.rb ID.
require 'json'
require 'net/http'
require 'socket'

class OverSocket < Net::HTTP
  private def connect
    @socket = Net::BufferedIO.new(UNIXSocket.new(ENV['POSTERN_SOCKET']), read_timeout: read_timeout, write_timeout: write_timeout)
  end
end

def post(event)
  url = URI(ENV.fetch('POSTERN_URL', 'http://127.0.0.1:7480'))
  door = (ENV['POSTERN_SOCKET'] ? OverSocket : Net::HTTP).new(url.host, url.port)
  door.open_timeout = door.read_timeout = door.write_timeout = 5
  door.start { door.post('/v1/events', JSON.generate(event), 'Content-Type' => 'application/json') }
end

def send_event(event)
  said = nil
  6.times do
    begin
      answer = post(event)
    rescue SystemCallError, IOError, Timeout::Error, Net::ProtocolError => e # perhaps it was taken all the same: the id tells
      said, after = e.message, 1
    else
      return JSON.parse(answer.body) if %w[200 202].include?(answer.code)
      raise JSON.parse(answer.body)['detail'] unless %w[429 503].include?(answer.code)
      said, after = answer.body, Integer(answer['Retry-After'] || 1)
    end
    sleep after
  end
  raise "not taken yet, keep it and its id: #{said}"
end

puts JSON.generate(send_event(id: ARGV[0], type: 'contact.subscribed', data: { contact: { email: 'user@example.com' } }))
