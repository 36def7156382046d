"""Axis and ONVIF cameras: three spellings of one event, what topics mean, and what is no event."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders.axis_onvif_mqtt import decode, storable
from ingest.readings import Decoded, DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
SAID = datetime(2024, 5, 1, 11, 59, 58, 250000, tzinfo=UTC)
SERIAL = "ACCC8E012345"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:wsa5="http://www.w3.org/2005/08/addressing">'
)


def _axis(topic: str, data: object, source: object = None, **others: object) -> list[Decoded]:
    message = {
        "timestamp": 1714564798250,
        "topic": topic,
        "message": {"source": source or {}, "key": {}, "data": data},
    } | others
    return decode(f"axis/{SERIAL}/event/tns:onvif/Any", json.dumps(message).encode(), RECEIVED)


def _xml(topic: str, data: str, operation: str = "Changed") -> bytes:
    return (
        f"{HEAD}<tt:Event><wsnt:NotificationMessage><wsnt:Topic>{topic}</wsnt:Topic><wsnt:ProducerReference>"
        "<wsa5:Address>uri://94fbe18e-0af8/ProducerReference</wsa5:Address></wsnt:ProducerReference><wsnt:Message>"
        f'<tt:Message UtcTime="2024-05-01T11:59:58.25Z" PropertyOperation="{operation}"><tt:Source/>'
        f"<tt:Data>{data}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tt:Event></tt:MetadataStream>"
    ).encode()


def _readings(decoded: list[Decoded]) -> list[Reading]:
    return [item for item in decoded if isinstance(item, Reading)]


def _facts(decoded: list[Decoded]) -> dict[Fact, bool]:
    return {item.fact: item.active for item in decoded if isinstance(item, DeviceState)}


def test_event_of_a_detector() -> None:
    """Device from the topic, time from the milliseconds, fact and source from the event."""
    assert _axis("onvif:Device/axis:Sensor/PIR", {"state": "1"}, {"sensor": "0"}) == [
        DeviceState(device=SERIAL, fact=Fact.MOTION, active=True, time=SAID, code="Device/Sensor/PIR sensor=0")
    ]


@pytest.mark.parametrize(
    ("topic", "data", "facts"),
    [
        ("axis:CameraApplicationPlatform/VMD/Camera1ProfileANY", {"active": "1"}, {Fact.MOTION: True}),
        ("axis:CameraApplicationPlatform/FenceGuard/Camera1Profile1", {"active": "0"}, {Fact.MOTION: False}),
        ("axis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1", {"active": "1", "classTypes": "human"},
         {Fact.MOTION: True}),
        ("axis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1", {"active": "1", "classTypes": "smoke"},
         {Fact.SMOKE_SEEN: True}),
        ("axis:CameraApplicationPlatform/SmokeAlert/Camera1", {"active": "1"}, {Fact.SMOKE_SEEN: True}),
        ("axis:CameraApplicationPlatform/FireDetection/Flame", {"active": "0"}, {Fact.FIRE_SEEN: False}),
        ("axis:CameraApplicationPlatform/SmokeAndFire/Camera1", {"active": "1"},
         {Fact.FIRE_SEEN: True, Fact.SMOKE_SEEN: True}),
        ("axis:CameraApplicationPlatform/SmokeAndFire/Camera1", {"active": "1", "label": "fire"}, {Fact.FIRE_SEEN: True}),
        ("onvif:Device/axis:Casing/Open", {"Open": "1"}, {Fact.TAMPER: True}),
        ("onvif:VideoSource/ImageTooDark/ImagingService", {"State": "true"}, {Fact.TAMPER: True}),
        ("onvif:VideoSource/GlobalSceneChange/ImagingService", {"State": "false"}, {Fact.TAMPER: False}),
        ("onvif:Device/HardwareFailure/StorageFailure", {"Failed": "true"}, {Fact.FAULT: True}),
        ("onvif:Device/HardwareFailure/FanFailure", {"Failed": "false"}, {Fact.FAULT: False}),
        ("onvif:Device/HardwareFailure/TemperatureCritical", {"Critical": "1"}, {Fact.FAULT: True}),
        ("onvif:VideoSource/TemperatureChangeDetection", {"State": "true"}, {Fact.HEAT: True}),
        ("onvif:Device/HardwareFailure/PowerSupplyFailure", {"Failed": "true"}, {Fact.MAINS_LOST: True}),
        ("onvif:Device/axis:Status/Temperature/Inside", {"sensor_level": "1"}, {Fact.FAULT: False}),
        ("onvif:Device/axis:Status/Temperature/Above", {"sensor_level": "1"}, {Fact.HEAT: True}),
        ("axis:Storage/Disruption", {"disruption": "1"}, {Fact.FAULT: True}),
        ("onvif:VideoSource/SignalLoss/VideoSource", {"State": "true"}, {Fact.FAULT: True}),
        ("onvif:Device/axis:HardwareFailure/FanFailure", {"fan_failure": "1"}, {Fact.FAULT: True}),
        ("onvif:Device/axis:RingPowerLimitExceeded", {"limit_exceeded": "0"}, {Fact.FAULT: False}),
        ("onvif:Device/axis:Fan/Status", {"running": "1"}, {}),
        ("onvif:RuleEngine/Radiometry/TemperatureAlarm", {"AlarmActive": "1"}, {Fact.HEAT: True}),
        ("onvif:RuleEngine/MyRuleDetector/VehicleDetect", {"State": "true"}, {Fact.MOTION: True}),
        ("onvif:VehicleAlarm/IVB/VehicleDetect", {"State": "true"}, {Fact.MOTION: True}),
        ("onvif:RuleEngine/PersonDetector/Person", {"State": "false"}, {Fact.MOTION: False}),
        ("onvif:RuleEngine/FlameDetector", {"State": "true"}, {Fact.FIRE_SEEN: True}),
        ("onvif:RuleEngine/TPSmartEventDetector/TPSmartEvent", {"IsVehicle": "true"}, {Fact.MOTION: True}),
        ("onvif:RuleEngine/TPSmartEventDetector/TPSmartEvent", {"IsTamper": "true"}, {Fact.TAMPER: True}),
        ("onvif:Door/State/DoorTamper", {"State": "NotInTamper"}, {Fact.TAMPER: False}),
        ("onvif:Door/State/DoorFault", {"State": "FaultDetected"}, {Fact.FAULT: True}),
        ("onvif:Door/State/DoorAlarm", {"State": "DoorForcedOpen"}, {Fact.OTHER: True}),
        ("onvif:Door/State/DoorPhysicalState", {"State": "Closed"}, {Fact.OPEN: False}),
        ("axis:AirQualityMonitor/Alarm", {"active": "1"}, {Fact.OTHER: True}),
        ("axis:X/ObjectAnalytics/Device1Scenario1", {"active": "1", "classTypes": "fire hydrant"}, {Fact.MOTION: True}),
        ("axis:X/ObjectAnalytics/Device1Scenario1", {"active": "1", "classTypes": "no_fire"}, {Fact.MOTION: True}),
        ("axis:X/ObjectAnalytics/Device1Scenario1", {"active": "1", "classTypes": "car,fire"}, {Fact.FIRE_SEEN: True}),
    ],
)  # fmt: skip
def test_what_topics_mean(topic: str, data: object, facts: dict[Fact, bool]) -> None:
    """Detectors move, hands tamper, parts fail, and smoke and fire are what a camera sees."""
    assert _facts(_axis(topic, data)) == facts


def test_contact_is_a_fact_and_a_metric() -> None:
    """Two ports of one camera stay two."""
    first = _axis("onvif:Device/axis:IO/Port", {"state": "1"}, {"port": "1"})
    second = _axis("onvif:Device/axis:IO/Port", {"state": "0"}, {"port": "2"})
    assert [(item.fact, item.active, item.code) for item in (first[0], second[0]) if isinstance(item, DeviceState)] == [
        (Fact.OTHER, True, "Device/IO/Port port=1"),
        (Fact.OTHER, False, "Device/IO/Port port=2"),
    ]
    assert [(item.metric, item.value) for item in (first[1], second[1]) if isinstance(item, Reading)] == [
        ("port_1", 1.0),
        ("port_2", 0.0),
    ]


def test_alarm_of_an_air_quality_monitor_is_told_by_what_it_measures() -> None:
    """One monitor measures many things, and its name is not one of them."""
    said = _axis("axis:AirQualityMonitor/Alarm", {"active": "1"}, {"sensor_name": "Hall", "source": "PM2.5"})
    assert [(item.metric, item.value) for item in said if isinstance(item, Reading)] == [("alarm_pm2_5", 1.0)]


def test_what_is_neither_alarm_nor_contact_is_kept_as_a_metric() -> None:
    """Day and night is no alarm, and is not lost."""
    (said,) = _axis("onvif:VideoSource/axis:DayNightVision", {"day": "1"})
    assert isinstance(said, Reading)
    assert (said.metric, said.value, said.unit) == ("day_night_vision", 1.0, "1")


def test_happening_without_an_end_ends_after_a_second() -> None:
    """What crosses a line has crossed it; the next one is another."""
    said = _axis("onvif:RuleEngine/LineDetector/Crossed", {"ObjectId": "17"})
    assert [(item.active, item.time) for item in said if isinstance(item, DeviceState)] == [
        (True, SAID),
        (False, SAID + timedelta(seconds=1)),
    ]


def test_drawings_of_an_application_are_no_motion() -> None:
    """Object Analytics draws what it sees several times a second; that is no event."""
    assert _axis("axis:CameraApplicationPlatform/ObjectAnalytics/xinternal_data", {"svgframe": "<svg/>"}) == []


def test_list_of_objects_that_has_become_empty_is_no_motion() -> None:
    """ONVIF's object detection tells the kinds that are seen, and an empty list when there are none."""
    assert len(_axis("onvif:RuleEngine/ObjectDetection/Object", {"ClassTypes": "Vehicle"})) == 2
    assert _axis("onvif:RuleEngine/ObjectDetection/Object", {"ClassTypes": ""}) == []


@pytest.mark.parametrize("state", ["Unknown", "NotSupported", ""])
def test_state_that_is_not_known_is_no_happening(state: str) -> None:
    """A door that does not know whether somebody tampers with it was not tampered with."""
    (said,) = _axis("onvif:Door/State/DoorTamper", {"State": state})
    assert isinstance(said, Rejection)
    assert said.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    ("topic", "data", "readings"),
    [
        ("axis:AirQualityMonitor/Metadata",
         {"Temperature": "23.5", "Humidity": "41.0", "CO2": "612", "PM2.5": "4.2", "PM10.0": "6", "AQI": "1", "VOC": "90"},
         {"temperature": (23.5, "Cel"), "humidity": (41.0, "%RH"), "co2": (612.0, "ppm"), "pm2_5": (4.2, "ug/m3"),
          "pm10": (6.0, "ug/m3")}),
        ("onvif:Monitoring/EnvironmentalConditions/Temperature", {"Status": "41.5"}, {"device_temperature": (41.5, "Cel")}),
        ("onvif:Monitoring/BatteryCapacity", {"PercentageRemainingCapacity": "1"}, {"battery": (1.0, "%EL")}),
        ("onvif:Device/Sensor/Temperature/High", {"Value": 28.65, "Threshold": 25.15}, {"temperature": (28.65, "Cel")}),
        ("onvif:Device/Sensor/RelativeHumidity/Low", {"Value": 1, "Threshold": 2}, {"humidity": (1.0, "%RH")}),
        ("onvif:VideoAnalytics/Radiometry/TemperatureReading", {"MinTemperature": "281.4", "MaxTemperature": "612.9"},
         {"temperature_min": (281.4, "K"), "temperature_max": (612.9, "K")}),
        ("onvif:VideoAnalytics/Radiometry/TemperatureReading", {"SpotReading": "36.5"}, {"temperature": (36.5, "Cel")}),
        ("onvif:Device/axis:Light/Status", {"state": "ON"}, {"light_status": (1.0, "1")}),
        ("onvif:AudioAnalytics/Audio/DetectedSound", {"isSoundDetected": "true"}, {"detected_sound": (1.0, "1")}),
        ("onvif:Device/axis:Heater/Status", {"running": "0"}, {"heater_status": (0.0, "1")}),
    ],
)  # fmt: skip
def test_numbers_of_an_event_are_readings(topic: str, data: object, readings: object) -> None:
    """What a camera measures is told with its unit; several parts of a camera have a status each."""
    said = _axis(topic, data)
    assert {item.metric: (item.value, item.unit) for item in said if isinstance(item, Reading)} == readings
    assert len(said) == len(_readings(said))


@pytest.mark.parametrize(("value", "unit"), [(28.65, "Cel"), (298.65, "K")])
def test_sensor_data_of_the_metadata_stream(value: float, unit: str) -> None:
    """A sensor's periodic data come under a prefix of their own; kelvin cannot be mistaken for degrees."""
    payload = json.dumps({"SensorData": {"@UtcTime": "2024-05-01T11:59:58.25Z", "@SensorID": "t1", "Value": value}})
    assert decode("north/cam-7/onvif-mj/SensorData/Temperature", payload.encode(), RECEIVED) == [
        Reading(
            device="cam-7", metric="temperature", time=SAID, value=value, unit=unit,
            code="SensorData/Temperature SensorID=t1 Value",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("cam-7/onvif-mj/VideoAnalytics/1/Classifier",
         b'{"Frame":[{"@UtcTime":"2024-05-01T11:59:58","Object":[{"Appearance":{"HumanBody":{"Clothing":{}}}}]}]}'),
        (f"axis/{SERIAL}/analytics_scene_description",
         b'{"frame":{"timestamp":"2024-05-01T11:59:58Z","observations":[{"class":{"type":"Human"},"image":{"data":"/9j/"}}]}}'),
        (f"axis/{SERIAL}/consolidated_track",
         b'{"id":"1","classes":[{"type":"Human"}],"image":{"data":"/9j/"},"observations":[]}'),
    ],
)  # fmt: skip
def test_scene_says_nothing(topic: str, payload: bytes) -> None:
    """Where everybody stands and what they wear is nobody's business, and nothing of it is kept raw."""
    assert decode(topic, payload, RECEIVED) == []
    assert storable(payload) == b""


def test_load_of_a_processor_is_no_yes() -> None:
    """One per cent is a number."""
    assert _axis("onvif:Monitoring/ProcessorUsage", {"Value": "1"}) == []


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("cam-7/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fire lane", "RuleEngine/LineDetector/Crossed"),
        ("cam-7/onvif-ej/RuleEngine/LineDetector/Crossed&/1/2/Smoke alley", "RuleEngine/LineDetector/Crossed"),
    ],
)
def test_source_of_an_event_is_no_part_of_it(topic: str, code: str) -> None:
    """Behind the ampersand are the values of the source, whatever people called them; an event may have no data."""
    said = decode(topic, b'{"UtcTime":"2024-05-01T11:59:58.250Z","Source":{}}', RECEIVED)
    assert [(item.fact, item.active, item.time) for item in said if isinstance(item, DeviceState)] == [
        (Fact.MOTION, True, SAID),
        (Fact.MOTION, False, SAID + timedelta(seconds=1)),
    ]
    assert all(isinstance(item, DeviceState) and item.code.startswith(f"{code} token0=1 token1=2") for item in said)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"topic":"onvif:Device/axis:Sensor/PIR"}', Reason.MALFORMED),
        (b'{"topic":"onvif:Device/axis:Sensor/PIR","message":"x"}', Reason.MALFORMED),
        (b"[1]", Reason.MALFORMED),
        (b"hello", Reason.MALFORMED),
        (b"\xff\xd8\xff\xe0", Reason.UNSUPPORTED),
        (b'{"topic":"onvif:Device/axis:IO/Port","message":{"data":{}}}', Reason.UNSUPPORTED),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Reason.UNSUPPORTED),
        (b"<a><b></a>", Reason.MALFORMED),
        (b"<a/>", Reason.UNSUPPORTED),
    ],
)
def test_what_is_no_event_is_rejected(payload: bytes, reason: Reason) -> None:
    """Each fault has its word."""
    (said,) = decode(f"axis/{SERIAL}/event/tns:onvif/Device", payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason


@pytest.mark.parametrize("topic", ['"x/y"', "5", "null", "[]"])
def test_mqtt_topic_stands_in_for_a_topic_that_is_none(topic: str) -> None:
    """The camera names its event twice; one is enough."""
    payload = b'{"topic":%s,"message":{"source":{},"data":{"state":"1"}}}' % topic.encode()
    said = decode(f"axis/{SERIAL}/event/tns:onvif/Device/tns:axis/Sensor/PIR/$source/sensor/0", payload, RECEIVED)
    if topic.startswith('"'):
        assert [type(item) for item in said] == [Reading]
    else:
        assert _facts(said) == {Fact.MOTION: True}
        assert [item.code for item in said if isinstance(item, DeviceState)] == ["Device/Sensor/PIR sensor=0"]


def test_missing_time_is_ours_and_a_wrong_one_is_marked() -> None:
    """A camera that was never set is heard, too."""
    assert [
        item.time for item in _axis("onvif:X/Motion", {"state": "1"}, timestamp=None) if isinstance(item, DeviceState)
    ] == [RECEIVED]
    (said,) = _axis("onvif:X/Motion", {"state": "1"}, timestamp=5000)
    assert isinstance(said, DeviceState)
    assert (said.time, said.quality) == (RECEIVED, Quality.UNCERTAIN_TIME)


@pytest.mark.parametrize(
    ("operation", "value", "quality"),
    [
        ("Changed", "1", Quality.GOOD),
        ("Initialized", "0", Quality.GOOD),
        ("Initialized", "1", Quality.HISTORY),
    ],
)
def test_initial_state_raises_nothing(operation: str, value: str, quality: Quality) -> None:
    """On connecting a camera tells what is; only "it is not so" counts at once, since an end may have been missed."""
    payload = _xml("tns1:Device/tnsaxis:Sensor/PIR", f'<tt:SimpleItem Name="state" Value="{value}"/>', operation)
    assert decode("", payload, RECEIVED) == [
        DeviceState(
            device="94fbe18e-0af8", fact=Fact.MOTION, active=value == "1", time=SAID, quality=quality,
            code="Device/Sensor/PIR",
        )
    ]  # fmt: skip


def test_deleted_property_holds_no_more() -> None:
    """A detector that is taken away ends what it said."""
    payload = _xml("tns1:VideoSource/MotionAlarm", '<tt:SimpleItem Name="State" Value="true"/>', "Deleted")
    assert _facts(decode(f"axis/{SERIAL}/event/x", payload, RECEIVED)) == {Fact.MOTION: False}


@pytest.mark.parametrize(
    "data", ['{"LogicalState":"active"}', '{"SimpleItem":[{"Name":"LogicalState","Value":"true"}]}']
)
def test_json_of_the_event_broker(data: str) -> None:
    """ONVIF's own JSON, short and long, with the source as the topic's token."""
    payload = b'{"UtcTime":"2024-05-01T11:59:58.250Z","Source":{},"Data":%s}' % data.encode()
    said = decode("E4:30:22:F3:31:AA/onvif-ej/Device/tns1:Trigger/tns1:DigitalInput/&Input-1", payload, RECEIVED)
    assert {item.device for item in said if isinstance(item, DeviceState | Reading)} == {"E4:30:22:F3:31:AA"}
    assert _facts(said) == {Fact.OTHER: True}
    assert [(item.metric, item.time) for item in said if isinstance(item, Reading)] == [("digital_input_input_1", SAID)]


def test_class_inside_of_an_object_tree() -> None:
    """What was seen may lie deep in the data."""
    data = b'{"Object":{"Object":[{"Appearance":{"Class":{"Type":[{"#text":"Smoke","@Likelihood":0.9}]}}}]}}'
    payload = b'{"UtcTime":"2024-05-01T11:59:58Z","Source":{},"Data":%s}' % data
    said = decode("north/cam-7/onvif-ej/RuleEngine/FieldDetector/ObjectsInside/&1", payload, RECEIVED)
    assert _facts(said) == {Fact.SMOKE_SEEN: False}  # a happening: it begins and ends
    assert len(said) == 2


@pytest.mark.parametrize(
    ("payload", "is_offline"),
    [
        (b'{"connected":false,"description":"Connection Lost"}', True),
        (b'{"connected":true,"description":"Connected"}', False),
        (b"offline", True),
        (b"Connected", False),
    ],
)
def test_connection_and_last_will(payload: bytes, is_offline: bool) -> None:  # noqa: FBT001
    """The camera, or the broker in its name, says whether it is there."""
    said = decode(f"axis/{SERIAL}/event/connection", payload, RECEIVED)
    assert said == [DeviceState(device=SERIAL, fact=Fact.OFFLINE, active=is_offline, time=RECEIVED, code="connection")]


def test_camera_that_speaks_for_another() -> None:
    """The serial number in the payload may not differ from the topic's; a named prefix can have any."""
    payload = b'{"serial":"B8A44F4DAC06","topic":"axis:X/VMD","message":{"data":{"active":"1"}}}'
    (said,) = decode(f"axis/{SERIAL}/event/x", payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is Reason.FOREIGN_DEVICE
    assert _facts(decode("axis/B8:A4:4F:4D:AC:06/event/x", payload, RECEIVED)) == {Fact.MOTION: True}
    (named,) = decode("site/lobby/event/x", payload, RECEIVED)
    assert isinstance(named, DeviceState)
    assert named.device == "lobby"


def test_topic_that_names_nobody() -> None:
    """A serial number helps; without one it is unknown who spoke."""
    payload = b'{"topic":"axis:X/VMD","message":{"data":{"active":"1"}}}'
    (said,) = decode("axis/event/x", payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is Reason.TOPIC
    (said,) = decode("axis/event/x", payload.replace(b"{", b'{"serial":"B8A44F4DAC06",', 1), RECEIVED)
    assert isinstance(said, DeviceState)
    assert said.device == "B8A44F4DAC06"


@pytest.mark.parametrize(
    ("topic", "facts"),
    [
        ("IVA/IdleObject/Fire lane/&1", {Fact.MOTION: True}),
        ("IVA/Flame/Camera 1/&1", {Fact.FIRE_SEEN: True}),
        ("IVA/Smoke/Camera 1/&1", {Fact.SMOKE_SEEN: True}),
    ],
)
def test_name_people_gave_a_rule_is_no_hazard(topic: str, facts: dict[Fact, bool]) -> None:
    """Bosch writes the rule's name behind its kind; only the kind says what is seen."""
    payload = b'{"UtcTime":"2024-05-01T11:59:58Z","Source":{"VideoSource":1},"Data":{"State":true}}'
    assert _facts(decode(f"cam-7/onvif-ej/{topic}", payload, RECEIVED)) == facts


def test_plates_and_faces_are_dropped() -> None:
    """Nothing of a person is taken, and nothing of it is kept raw."""
    said = _axis("axis:CameraApplicationPlatform/ALPV.AllPlates", {"text": "X1"})
    assert [type(item) for item in said] == [Dropped]
    assert [type(item) for item in _axis("axis:X/VMD", {"active": "1", "plate": "X1"})] == [Dropped, DeviceState]
    assert storable(b'{"topic":"axis:X/LicensePlate"}') == b""
    assert storable(b'{"topic":"onvif:Device/axis:Network/Lost","message":{"source":{"interface":"eth0"}}}') != b""
    assert storable(b'{"topic":"axis:X/SurfaceTemplate"}') != b""


@pytest.mark.parametrize(
    "topic",
    ["onvif:AccessControl/AccessGranted/Credential", "onvif:RuleEngine/Radiometry/BodyTemperatureAlarm",
     "onvif:Credential/State/Enabled", "onvif:RuleEngine/MyRuleDetector/FaceDetect"],
)  # fmt: skip
def test_who_opened_a_door_or_has_a_fever_is_dropped(topic: str) -> None:
    """The holder of a key and a body's temperature are of a person."""
    assert [type(item) for item in _axis(topic, {"CredentialHolderName": "X", "State": "true"})] == [Dropped]
    assert storable(topic.encode()) == b""


def test_plate_inside_of_an_object_tree_is_no_class() -> None:
    """Of a vehicle only its kind is told."""
    data = (
        b'{"Object":{"Appearance":{"Class":{"Type":[{"#text":"Car"}]},"VehicleInfo":{"Brand":{"#text":"Brand-9"}},'
        b'"LicensePlateInfo":{"PlateNumber":{"#text":"X1"},"Type":{"#text":"X2"}}}}}'
    )
    said = decode("cam-7/onvif-ej/RuleEngine/LineDetector/Crossed/&1", b'{"UtcTime":null,"Data":%s}' % data, RECEIVED)
    assert {item.text for item in said if isinstance(item, DeviceState)} == {"Car"}


def test_plain_event_is_kept_raw() -> None:
    """Nothing of it is personal."""
    assert storable(b'{"topic":"axis:X/VMD"}') == b'{"topic":"axis:X/VMD"}'


def test_deleted_retained_message_says_nothing() -> None:
    """An empty payload is how a kept message is taken away."""
    assert decode(f"axis/{SERIAL}/event/x", b"", RECEIVED) == []
