-- What acs does with each device that comes, as a session script: reads its model and version, gives
-- its WiFi a name if it has another one, and lets it fetch new firmware if it is old.
-- docs/scripts.md says what scripts can do; acs-session.c does the same in C, without a store.

local WIFI_NAME = "Switchboard"
local NEW_VERSION = "2.0"
-- curl -T firmware.bin 'localhost:7557/files/firmware-2.0.bin'
local FIRMWARE = "firmware-2.0.bin"

-- What a device has named in its Inform tells which data model it has: TR-181, or the older TR-098.
local function model()
	for name in pairs(cpe.inform.parameters) do
		if name:find("InternetGatewayDevice.", 1, true) == 1 then
			return "InternetGatewayDevice.",
				"InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID"
		end
	end
	return "Device.", "Device.WiFi.SSID.1.SSID"
end

-- "1.10.2" is newer than "1.9".
local function is_older(a, b)
	local next_a, next_b = a:gmatch("%d+"), b:gmatch("%d+")
	while true do
		local x, y = next_a(), next_b()
		if not x or not y then
			return y ~= nil
		end
		if tonumber(x) ~= tonumber(y) then
			return tonumber(x) < tonumber(y)
		end
	end
end

local root, wifi = model()
local values = cpe:get(root .. "DeviceInfo.ModelName", root .. "DeviceInfo.SoftwareVersion", wifi)
local version = values[root .. "DeviceInfo.SoftwareVersion"]
print("a", values[root .. "DeviceInfo.ModelName"], "with version", version)

if values[wifi] ~= WIFI_NAME then
	-- A device that refuses the name gets its firmware all the same.
	local ok, fault = pcall(cpe.set, cpe, {[wifi] = WIFI_NAME}, "wifi-1")
	if not ok then
		log("warning", "WiFi name: " .. tostring(fault))
	end
end

-- GET /devices?tag=old-firmware lists those that have still to be upgraded.
local is_old = is_older(version, NEW_VERSION)
acs.tags{["old-firmware"] = is_old}

-- Not while it tells how the last attempt went: that would go on for ever.
if is_old and not cpe.inform.events["M Download"] then
	local file = acs.file(FIRMWARE)
	if file then
		file.CommandKey = NEW_VERSION
		cpe:download(file)
	else
		log("warning", "there is no file " .. FIRMWARE)
	end
end
