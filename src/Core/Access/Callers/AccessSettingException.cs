namespace Gatehouse.Access.Callers;

/// <summary>A setting of who may call is wrong; the message names it, says what it may be, and holds no secret.</summary>
public sealed class AccessSettingException(string message) : Exception(message);
