"""What people write into the columns of a device file, in Chinese or English, and what it means. Pure: tables."""

import re
from typing import Final

REQUIRED: Final = ("id", "kind", "name", "lon", "lat", "datum", "metric", "unit", "interval_s")
LIMITS: Final = ("limit_4", "limit_3", "limit_2", "limit_1")
OPTIONAL: Final = (*LIMITS, "gateway", "building", "codec", "datum_m", "mounting_height_m", "downstream", "area")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)

CHINESE: Final = {
    "id": "编号",
    "kind": "类型",
    "name": "名称",
    "lon": "经度",
    "lat": "纬度",
    "datum": "坐标系",
    "metric": "指标",
    "unit": "单位",
    "interval_s": "周期秒",
    "limit_4": "蓝色限值",
    "limit_3": "黄色限值",
    "limit_2": "橙色限值",
    "limit_1": "红色限值",
    "gateway": "网关",
    "building": "楼栋",
    "codec": "编解码",
    "datum_m": "基面高程",
    "mounting_height_m": "安装高度",
    "downstream": "下游站",
    "area": "乡镇代码",
}
"""The heading of each column in the Chinese template."""

_ALSO: Final = {
    "设备编号": "id",
    "设备id": "id",
    "编码": "id",
    "设备编码": "id",
    "设备类型": "kind",
    "设备名称": "name",
    "longitude": "lon",
    "lng": "lon",
    "latitude": "lat",
    "坐标系统": "datum",
    "坐标": "datum",
    "监测指标": "metric",
    "计量单位": "unit",
    "周期": "interval_s",
    "上报周期": "interval_s",
    "interval": "interval_s",
    "蓝": "limit_4",
    "黄": "limit_3",
    "橙": "limit_2",
    "红": "limit_1",
    "蓝限值": "limit_4",
    "黄限值": "limit_3",
    "橙限值": "limit_2",
    "红限值": "limit_1",
    "网关编号": "gateway",
    "上级网关": "gateway",
    "建筑": "building",
    "建筑物": "building",
    "楼宇": "building",
    "解码": "codec",
    "编解码器": "codec",
    "基面": "datum_m",
    "基面高程m": "datum_m",
    "安装高度m": "mounting_height_m",
    "下游": "downstream",
    "下游站编号": "downstream",
    "区域": "area",
    "乡镇": "area",
}
_HEADINGS: Final = {name: name for name in COLUMNS} | {word: name for name, word in CHINESE.items()} | _ALSO

KINDS: Final = {
    "烟感": "smoke",
    "水位站": "gauge",
    "雨量站": "rain",
    "摄像机": "camera",
    "消防主机": "panel",
    "温感": "heat",
    "手动报警按钮": "button",
    "燃气探测器": "gas",
    "土壤墒情站": "soil",
    "流量站": "flow",
    "气象站": "weather",
    "网关": "gateway",
    "其他": "other",
}
"""The kinds by what the screens call them (a test compares)."""

METRICS: Final = {
    "烟雾浓度": "smoke",
    "温度": "temperature",
    "湿度": "humidity",
    "电量": "battery",
    "电压": "voltage",
    "水位": "stage",
    "流量": "flow",
    "累计雨量": "rain",
    "5分钟雨量": "rain_5min",
    "1小时雨量": "rain_1h",
    "一氧化碳": "co",
    "信号质量": "linkquality",
    "土壤含水量": "soil_moisture",
    "流速": "velocity",
    "压力": "pressure",
    "火警": "fire",
    "故障": "fault",
    "浸水": "water",
}

DATUMS: Final = {
    "wgs84": "wgs84",
    "gps": "wgs84",
    "cgcs2000": "cgcs2000",
    "国家2000": "cgcs2000",
    "2000国家大地坐标系": "cgcs2000",
    "gcj02": "gcj02",
    "火星坐标": "gcj02",
    "火星坐标gcj02": "gcj02",
    "高德": "gcj02",
    "腾讯": "gcj02",
    "bd09": "bd09",
    "百度": "bd09",
    "百度bd09": "bd09",
}

_NOISE = re.compile(r"[\s\-_‐–—]+|[(（\[].*?[)）\]]")


def column_of(heading: str) -> str | None:
    """Name the column that a heading means; None where it means none of ours."""
    exact = heading.strip().lower()
    return _HEADINGS.get(exact) or _HEADINGS.get(_NOISE.sub("", exact))


def kind_of(word: str) -> str:
    """Give the kind a word means; a word that is no Chinese name of one is taken as it is."""
    return KINDS.get(word, word)


def metric_of(word: str) -> str:
    """Give the metric a word means, as `kind_of`."""
    return METRICS.get(word.replace(" ", ""), word)


def datum_of(word: str) -> str | None:
    """Give the datum a word means; blank is WGS 84, None what means none."""
    return DATUMS.get(_NOISE.sub("", word.lower())) if word else "wgs84"
