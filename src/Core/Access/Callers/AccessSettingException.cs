namespace Gatehouse.Access.Callers;

/// <summary>A setting about callers is wrong. The message names it, says what it may be, and holds no secret.</summary>
public sealed class AccessSettingException(string message) : Exception(message);
